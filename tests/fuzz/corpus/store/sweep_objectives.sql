UPDATE sweep SET definition = 'objectives: [' || printf('%.*c', 9000, 'x'); UPDATE sweep SET name = 'four';
