'use strict';
const { tables } = require('./tables');
process.stdout.write(JSON.stringify(tables()));
