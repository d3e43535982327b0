'use strict';
/** Why a target is missed, and what was tried, by the id of its check. Shown only while it is missed. */
const REMARKS = {};

module.exports = { REMARKS };
