UPDATE sweep SET definition = 'objectives: [max max, step_ms; DROP TABLE run';
