UPDATE sweep SET points = 0, first_point = -9223372036854775808;
