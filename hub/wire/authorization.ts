const TOKEN_HEADER = /^(?:token|bearer) +([^\s,]+)$/i;

/** The secret of an `Authorization` header, in JupyterHub's two spellings; undefined: there is none. */
export const bearerOf = (header: string | undefined): string | undefined => TOKEN_HEADER.exec(header ?? '')?.[1];
