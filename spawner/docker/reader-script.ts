import { MOST_ENTRIES } from '../../hub/domain/folder';

/** Where the one volume is in the container of a reading. */
export const READ_FOLDER = '/files';

/**
 * What reads a volume, in Python because every image of a lab has it: arguments are the verb, the path, and for a list where it begins and
 * how much of it is wanted. Every name is opened below the folder that was opened before it and never as a link, so it does not matter what
 * somebody puts in its place meanwhile (L02); what is not a plain file is refused before and after it was opened, which waits for nothing
 * (L04). The first line it writes is JSON, the rest is the file or the archive.
 */
export const READ_SCRIPT = `
import errno, json, os, stat, sys, tarfile
verb, path, first, many = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
out = sys.stdout.buffer
SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER = SAFE | os.O_DIRECTORY
told = False
def tell(**head):
    global told
    if told: sys.exit(3)
    told = True
    out.write(json.dumps(head).encode() + b"\\n")
    out.flush()
def plain(name, at):
    if not stat.S_ISREG(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode): raise OSError(errno.EINVAL, "special")
    fd = os.open(name, SAFE, dir_fd=at)
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode): raise OSError(errno.EINVAL, "special")
    return os.fdopen(fd, "rb", buffering=0), found
def kind(mode):
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "link" if stat.S_ISLNK(mode) else "other"
def shown(name, at):
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try: found = os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError: return [text, "other", None, None]
    return [text, kind(found.st_mode) if text == name else "other", found.st_size if stat.S_ISREG(found.st_mode) else None, found.st_mtime]
def list_folder(at):
    seen = []
    with os.scandir(at) as entries:
        for entry in entries:
            if len(seen) >= ${MOST_ENTRIES}: break
            seen.append((not entry.is_dir(follow_symlinks=False), entry.name))
        more = len(seen) >= ${MOST_ENTRIES} and next(entries, None) is not None
    seen.sort()
    tell(total=len(seen), complete=not more, entries=[shown(name, at) for _, name in seen[first:first + many]])
def pack(tar, fd, name, depth):
    if depth > 200: raise OSError(errno.ELOOP, "deep")
    found = os.fstat(fd)
    add(tar, name, found, tarfile.DIRTYPE)
    with os.scandir(fd) as entries: names = sorted(entry.name for entry in entries)
    for one in names:
        try: put(tar, fd, one, name + "/" + one, depth)
        except FileNotFoundError: pass
def put(tar, at, one, name, depth):
    found = os.stat(one, dir_fd=at, follow_symlinks=False)
    what = kind(found.st_mode)
    if what == "link": add(tar, name, found, tarfile.SYMTYPE, link=os.readlink(one, dir_fd=at))
    elif what == "folder":
        fd = os.open(one, FOLDER, dir_fd=at)
        try: pack(tar, fd, name, depth + 1)
        finally: os.close(fd)
    elif what == "file":
        source, found = plain(one, at)
        with source: add(tar, name, found, tarfile.REGTYPE, source=source)
def add(tar, name, found, form, link="", source=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime, info.uid, info.gid = form, link, stat.S_IMODE(found.st_mode), int(found.st_mtime), found.st_uid, found.st_gid
    info.size = found.st_size if source is not None else 0
    tar.addfile(info, source)
    tar.members = []
def send(source, left):
    while left > 0:
        piece = source.read(min(left, 1 << 18))
        if not piece: sys.exit(3)
        out.write(piece)
        left -= len(piece)
    out.flush()
try:
    names = path.split("/") if path else []
    at = os.open("${READ_FOLDER}", FOLDER)
    for name in names[:-1] if verb == "file" else names:
        above, at = at, os.open(name, FOLDER, dir_fd=at)
        os.close(above)
    if verb == "list": list_folder(at)
    elif verb == "file":
        if not names: raise OSError(errno.EISDIR, "folder")
        source, found = plain(names[-1], at)
        tell(bytes=found.st_size, modified=found.st_mtime)
        send(source, found.st_size)
    else:
        tell()
        with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar: pack(tar, at, names[-1] if names else sys.argv[5], 0)
        out.flush()
except OSError as err:
    tell(problem="missing" if err.errno == errno.ENOENT else "unfit" if err.errno in (errno.ELOOP, errno.ENOTDIR, errno.EINVAL, errno.EISDIR, errno.ENXIO) else "unreadable")
`;
