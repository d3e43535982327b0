'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/**
 * All files below some folders, as paths relative to `root`, sorted.
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {(relative: string) => boolean} [keep]
 */
function filesBelow(root, folders, keep = () => true) {
  const found = [];
  const visit = (relative) => {
    const full = path.join(root, relative);
    if (!fs.existsSync(full)) return;
    if (!fs.statSync(full).isDirectory()) {
      if (keep(relative)) found.push(relative);
      return;
    }
    for (const name of fs.readdirSync(full)) if (name !== 'node_modules') visit(path.join(relative, name));
  };
  for (const folder of folders) visit(folder);
  return found.sort();
}

/**
 * One hash over names and contents. Times do not count: a fresh clone has new ones.
 * @param {string} root
 * @param {readonly string[]} files
 */
function contentHash(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = fs.readFileSync(path.join(root, file));
    hash.update(`${file.split(path.sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

module.exports = { contentHash, filesBelow };
