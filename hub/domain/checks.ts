/** What every check of the hub is about. Codes never change their meaning and are never used again: people search for them. */
export const CHECKS = {
  store: { code: 'B-DATA-1', title: 'Database', remedy: 'Make room on the disk of the data folder, and see that the folder belongs to the account of the hub. Sign-ins and changes fail until it can be written again; servers go on.' },
  disk: { code: 'B-DISK-1', title: 'Room on the disk', remedy: 'Remove what nobody needs: old images (docker image prune), build caches (docker builder prune), volumes in the bin. Volumes have no quota, so a full disk stops everybody at once.' },
  'docker-disk': { code: 'B-DISK-2', title: 'Room on Docker\'s disk', remedy: 'Remove what nobody needs: old images (docker image prune), build caches (docker builder prune), volumes in the bin. Volumes have no quota, so a full disk stops everybody at once.' },
  backup: { code: 'B-BACKUP-1', title: 'Backups of the database', remedy: 'Press "Back up now" and read what it says. Most often the disk is full or the data folder may not be written. backup.every says how often one is made.' },
  volumes: { code: 'B-VOLUME-1', title: 'Size of volumes', remedy: 'Ask the people who are named to tidy up, empty their bins, or raise volume.softQuota. Nothing is enforced.' },
  engine: { code: 'B-ENGINE-1', title: 'Engine', remedy: 'Look whether Docker runs (systemctl status docker) and whether the account of the hub may use its socket. Running servers go on; new ones wait.' },
  versions: { code: 'B-ENGINE-2', title: 'Versions of Docker and runc', remedy: 'Install the newest version of your distribution. Where it repaired the hole without a new number, dismiss this warning.' },
  support: { code: 'B-ENGINE-5', title: 'What the engine can do', remedy: 'Use a version of Docker that the hub was made for, on a kernel with control groups for memory, swap, CPUs and processes. What is named does not hold until then.' },
  jupyter: { code: 'B-ENGINE-3', title: 'Jupyter on this machine', remedy: 'Install JupyterLab for the account of the hub (pip install jupyterlab) and see that jupyter is on its PATH.' },
  account: { code: 'B-ENGINE-4', title: 'Account of the hub', remedy: 'Start the hub with an account of your own, not as root.' },
  firewall: { code: 'B-NET-1', title: 'Firewall rules of the host', remedy: 'Run the hub as root or in its container so that it can put its rules in place, or apply those of docs/security.md yourself. Look for another program that overrules them.' },
  reach: { code: 'B-NET-2', title: 'Way to the servers', remedy: 'See that Docker runs on the same machine as the hub, and that docker.networkPool belongs to nothing else.' },
  hub: { code: 'B-NET-3', title: 'Way from the servers to the hub', remedy: 'See that nothing else listens at listen.internalPort and that no firewall is between containers and the hub.' },
  isolation: { code: 'B-ISO-1', title: 'Isolation as a whole', remedy: 'Mend what fails above it, then press "Check now". Where servers are processes, isolation was never promised: use it for one person alone.' },
  neighbours: { code: 'B-ISO-2', title: 'Servers apart from each other', remedy: 'See that no network of servers is shared and that containers were not connected by hand (docker network inspect). Then check again.' },
  host: { code: 'B-ISO-3', title: 'Servers apart from this machine', remedy: 'See that docker.firewall is auto and that no other firewall program removes the rules of the hub. Then check again.' },
  outside: { code: 'B-ISO-4', title: 'Servers apart from the outside', remedy: 'See that no rule lets the networks of servers out, and that the metadata service of your cloud is blocked. Then check again.' },
  privileges: { code: 'B-ISO-5', title: 'Privileges of servers', remedy: 'See that the engine runs with its seccomp profile and that nothing changed the containers of the hub. Then check again.' },
} as const;

export type CheckName = keyof typeof CHECKS;
export const isCheckName = (name: string): name is CheckName => Object.hasOwn(CHECKS, name);

/** A spawner of another kind may look at things of its own. */
export const codeOf = (check: string): string => (isCheckName(check) ? CHECKS[check].code : `B-OTHER-${check.toUpperCase().replace(/[^A-Z0-9]+/g, '-')}`);

/** What a warning says, as far as it is told apart from an earlier one: fractions of an amount change all the time. */
export const gistOf = (detail: string): string => detail.replace(/\d+\.\d+/g, '#');
