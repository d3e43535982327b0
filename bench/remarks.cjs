'use strict';
const FORWARDER = 'Beyond the bare forwarder, the hub parses cookies or a token, finds the route, judges, takes out and puts in headers and notes activity. In the calmest rounds of several runs that took 48 to 50 µs where the forwarder took 43 to 44; on a busy host rounds differ by half, and the hub, which touches more memory, loses more. Tried: docs/decisions 005 and 054.';
const ROUTES = 'A request itself costs the same: 0.96 in turns of a second, by a run of its own. Ten thousand servers that are all used are ten thousand rows of activity to write every half minute, 0.7 s of CPU, and some of the turns have that in them.';
const API = 'Waking the client and writing are a fifth of what is left, reading SQLite a sixth, Node\'s HTTP a third. Tried: routes beside Express, headers made once, no promise where nothing is awaited (docs/decisions/051-calls-and-starts.md), no context that follows each promise (054). Answers kept in memory would reach it where a benchmark asks the same again, and are not taken (051).';
const LOOP = 'A fresh hub with 10,000 servers, all threads of it on one core, which the garbage collector then shares. Servers are judged a hundred at a time and stopped one at a time, with turns for everybody in between (before, 90 to 120 ms); what is left is the list of their ids (8 ms) and collections.';
const START = 'Loading 900 modules is more than half of it, a third of that compiling, which Node keeps from one start to the next only from 22.1 on. Tried: Docker\'s driver loaded only where it is needed, pages served before servers are looked at; and, without gain, less of undici and no gallery (051).';

/** Why a target is missed, and what was tried, by the id of its check. Shown only while it is missed. */
const REMARKS = {
  'cookie-chp': FORWARDER,
  'cookie-undici': FORWARDER,
  'token-chp': FORWARDER,
  'token-undici': FORWARDER,
  message: 'Six tenths are the kernel\'s, which both pay. By the profile the hub adds 6 %: counting bytes and frames, by which use is told from chatter, is half of that, and property look-ups in a larger program the rest. Tried: one listener in place of a pipe and a counter (docs/decisions/052-long-bodies.md). Considered, and not tried: reads into one buffer for all servers\' sockets, which cannot be shared while a slow client holds it.',
  'click-one': 'A network of its own takes 66 ms to make and 75–95 ms more to start on than the default bridge; its options change neither (docs/decisions/053-from-click-to-answer.md).',
  'click-many': 'Eight networks of their own, at the same 150 ms of the engine\'s work each, on two cores that are busy all the while. Those that start at once share a look at the firewall. An engine of version 20.10 takes a container whose network is still being made; making both at once was not tried.',
  'api-self': API,
  'api-list': `Fifty rows of 220 bytes: reading them and what belongs to them is a third, collections an eighth, dates and text a tenth each. ${API}`,
  flat: ROUTES,
  'start-serving': START,
  'start-docker-serving': START,
  'look-10000': LOOP,
  'cull-10000': LOOP,
};

module.exports = { REMARKS };
