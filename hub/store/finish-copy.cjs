'use strict';
/**
 * The last step of every copy of the database: it is made to stand alone, checked page by page, counted, and put on the disk. For a large
 * one that takes seconds, so the running hub has it done in a worker thread, which is given this very file; that is why it is JavaScript.
 */
const { closeSync, fsyncSync, openSync } = require('node:fs');
const { isMainThread, parentPort, workerData } = require('node:worker_threads');
const Database = require('better-sqlite3');

/** Key in `meta` that says that a hub has the file open (sqlite.ts): of a copy it is not true. */
const OPEN_MARK = 'open';

/** @param {string} path */
function finishCopy(path) {
  const db = new Database(path, { fileMustExist: true });
  try {
    db.pragma('cell_size_check = ON');
    // A copy is one file: with a write-ahead log beside it, it could be taken along without that.
    db.pragma('journal_mode = DELETE');
    const found = db.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') return { found: String(found), schema: 0, rows: {} };
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").pluck().all();
    if (tables.includes('meta')) db.prepare('DELETE FROM meta WHERE key = ?').run(OPEN_MARK);
    const rows = Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]));
    return { found: 'ok', schema: db.pragma('user_version', { simple: true }), rows };
  } finally {
    db.close();
    sync(path);
  }
}

function sync(path) {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

if (!isMainThread && workerData?.finishCopy !== undefined) parentPort.postMessage(finishCopy(workerData.finishCopy));

module.exports = { finishCopy, OPEN_MARK };
