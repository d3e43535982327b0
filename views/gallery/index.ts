import type { Exhibit } from './exhibit';
import { entranceExhibits } from './entrance';
import { homeExhibits } from './home';

/** Every page in every state. A new page brings its exhibits. */
export const EXHIBITS: readonly Exhibit[] = [...entranceExhibits, ...homeExhibits];
