/** The bootstrap is plain JavaScript: it runs before anything is installed. Its tests take its exports as they are. */
declare module '*.cjs';
