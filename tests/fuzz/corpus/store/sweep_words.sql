UPDATE sweep_axis SET count = 4294967295, unit = 'word';
