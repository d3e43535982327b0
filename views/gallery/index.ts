import type { Exhibit } from './exhibit';
import { consentExhibits } from './consent';
import { entranceExhibits } from './entrance';
import { fileExhibits } from './files';
import { groupExhibits } from './groups';
import { homeExhibits } from './home';
import { launchExhibits } from './launch';
import { ownExhibits } from './own';
import { noticeExhibits } from './notices';
import { usageExhibits } from './usage';
import { peopleExhibits } from './people';
import { runningExhibits } from './running';
import { serverExhibits } from './servers';

/** Every page in every state. A new page brings its exhibits. */
export const EXHIBITS: readonly Exhibit[] = [...entranceExhibits, ...homeExhibits, ...launchExhibits, ...ownExhibits, ...fileExhibits, ...groupExhibits, ...noticeExhibits, ...peopleExhibits, ...serverExhibits, ...usageExhibits, ...runningExhibits, ...consentExhibits];
