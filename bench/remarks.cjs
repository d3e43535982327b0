'use strict';
/** Why a target is missed, and what was tried, by the id of its check. Shown only while it is missed. */
const REMARKS = {
  'click-one': 'A network of its own takes 66 ms to make and 75–95 ms more to start on than the default bridge; its options change neither (docs/decisions/053-from-click-to-answer.md).',
};

module.exports = { REMARKS };
