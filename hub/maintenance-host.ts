import type { LabAddressDeps } from './lab-address';
import { createMaintenance, type MaintenanceDeps, type MaintenanceService } from './services/maintenance';
import { createTellLabs } from './tell-labs';

/** Maintenance, with labs told over their own API. */
export function createMaintenanceHost({ tokenFor, signsIn, base, ...deps }: Omit<MaintenanceDeps, 'tellLabs'> & LabAddressDeps): MaintenanceService {
  return createMaintenance({ ...deps, tellLabs: createTellLabs({ log: deps.log, store: deps.store, base, tokenFor, signsIn }) });
}
