import { useState } from 'preact/hooks';
import { post } from './server.ts';

/** Uploads at once. Browsers open six connections to a server, and the page needs some for its pictures. */
const MAX_ACTIVE = 3;
const MAX_PROBLEMS = 5;

interface Upload {
  readonly file: File;
  readonly key: string;
}

export interface Uploads {
  /** Files that are still in the browser. */
  readonly waiting: number;
  /** The latest that could not be uploaded. */
  readonly problems: readonly { readonly key: string; readonly reason: string }[];
  readonly add: (files: readonly Upload[]) => void;
}

/** Uploads files, a few at a time. */
export function useUploads(): Uploads {
  const [progress, setProgress] = useState<Pick<Uploads, 'waiting' | 'problems'>>({ waiting: 0, problems: [] });
  const [add] = useState(() => uploader(setProgress));
  return { ...progress, add };
}

function uploader(onProgress: (progress: Pick<Uploads, 'waiting' | 'problems'>) => void): Uploads['add'] {
  let queue: Upload[] = [];
  let active = 0;
  let problems: Uploads['problems'] = [];
  const uploadNext = (): void => {
    for (const next of queue.splice(0, MAX_ACTIVE - active)) void upload(next);
    onProgress({ waiting: queue.length + active, problems });
  };
  const upload = async ({ file, key }: Upload): Promise<void> => {
    active++;
    await post(`/api/uploads?key=${encodeURIComponent(key)}`, file).catch(({ message }: Error) => {
      problems = [...problems, { key, reason: message }].slice(-MAX_PROBLEMS);
    });
    active--;
    uploadNext();
  };
  return (files) => {
    problems = [];
    queue = [...queue, ...files];
    uploadNext();
  };
}

/** The files of a drop, including those in folders. */
export async function droppedFiles(transfer: DataTransfer): Promise<Upload[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return chosenFiles(transfer.files);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

/** The files of an input. Those of a folder keep their path as the key; hidden ones are left out, as in a drop. */
export function chosenFiles(files: Iterable<File>): Upload[] {
  return [...files]
    .filter(({ webkitRelativePath }) => !webkitRelativePath.includes('/.'))
    .map((file) => ({ file, key: file.webkitRelativePath || file.name }));
}

async function filesBelow(entry: FileSystemEntry): Promise<Upload[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, key: entry.fullPath.replace(/^\//, '') }];
  }
  if (!isFolder(entry)) return [];
  const found: Upload[] = [];
  const reader = entry.createReader();
  // A reader returns at most a hundred entries at a time.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const each of entries) if (!each.name.startsWith('.')) found.push(...(await filesBelow(each)));
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
