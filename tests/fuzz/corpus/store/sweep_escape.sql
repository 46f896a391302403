UPDATE sweep_axis SET name = char(27) || '[31m', unit = printf('%.*c', 2000, '%s');
