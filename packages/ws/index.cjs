'use strict';

/** The class of ws, with its other exports as members. */
module.exports = require('barewire/ws').WebSocket;
