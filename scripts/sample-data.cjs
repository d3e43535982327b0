'use strict';
// Writes the sample data of the templates: one year of daily prices of companies that do not exist. The same bytes on every machine, so that
// what the notebooks say about them stays true, and a test can tell when somebody changed one without the other.
const { mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const SEED = 20240102;
const STOCKS = 30;
const YEAR = 2024;
const FILE = path.join(__dirname, '..', 'templates', '_sample', 'wrds', 'crsp', 'daily', `${YEAR}.csv`);

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Twelve uniform numbers are close enough to a normal one, and need no function that machines round differently. */
function normalFrom(random) {
  return () => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, -6);
}

/** Weekdays; exchanges of countries that do not exist have no holidays. */
function days() {
  const found = [];
  for (let at = Date.UTC(YEAR, 0, 2); new Date(at).getUTCFullYear() === YEAR; at += 86_400_000) {
    const weekday = new Date(at).getUTCDay();
    if (weekday !== 0 && weekday !== 6) found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
}

function makeStock(i, random, normal) {
  const small = i / (STOCKS - 1);
  return {
    permno: 90001 + i,
    ticker: `SYN${String(i + 1).padStart(2, '0')}`,
    beta: 0.6 + 0.8 * random(),
    tilt: small - 0.5,
    noise: 0.008 + 0.010 * small,
    shares: Math.round(900_000 / (1 + 12 * small)),
    price: 20 + Math.round(130 * random()),
    last: 0,
    drift: 0.0002 * normal(),
  };
}

/** What moves a stock: the market, the small ones against the large ones, a little of yesterday given back, a drift of its own, and chance. */
function moved(stock, { market, size, normal }) {
  return stock.beta * market + stock.tilt * size - 0.10 * stock.last + stock.drift + stock.noise * normal();
}

function csv() {
  const random = randomFrom(SEED);
  const normal = normalFrom(random);
  const stocks = Array.from({ length: STOCKS }, (_, i) => makeStock(i, random, normal));
  const lines = ['permno,date,ticker,prc,vol,ret,shrout'];
  for (const day of days()) {
    const shared = { market: 0.0004 + 0.008 * normal(), size: 0.0002 + 0.004 * normal(), normal };
    for (const stock of stocks) {
      const before = stock.price;
      stock.price = Math.max(1, Math.round(before * (1 + moved(stock, shared)) * 100) / 100);
      const ret = stock.price / before - 1;
      stock.last = ret - shared.market * stock.beta;
      const volume = Math.round(stock.shares * (2 + 2 * random() + 80 * Math.abs(ret)));
      lines.push(`${stock.permno},${day},${stock.ticker},${stock.price.toFixed(2)},${volume},${ret.toFixed(6)},${stock.shares}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

module.exports = { FILE, csv };

if (require.main === module) {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, csv());
}
