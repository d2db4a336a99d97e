import { useEffect, useState } from 'preact/hooks';
import { post } from './api.js';

/** Uploads at once: browsers open six connections to a server, and the page needs some for its pictures. */
const AT_ONCE = 3;
const MAX_PROBLEMS = 5;

/**
 * A file on its way, and those that could not be uploaded.
 * @typedef {{ file: File, key: string }} Waiting
 * @typedef {{ waiting: number, problems: { key: string, reason: string }[] }} Uploads
 */

/** @type {Waiting[]} */
let queue = [];
let active = 0;
/** @type {Uploads['problems']} */
let problems = [];
/** @type {Set<() => void>} */
const listeners = new Set();

/** Files that wait in this page, and those that could not be uploaded. */
export function useUploads() {
  const [current, setCurrent] = useState(view);
  useEffect(() => {
    const listen = () => setCurrent(view());
    listeners.add(listen);
    return () => listeners.delete(listen);
  }, []);
  return current;
}

const view = () => ({ waiting: queue.length + active, problems });

/**
 * Uploads files one after the other, each under its path in the folder it came from.
 * @param {readonly Waiting[]} files
 */
export function upload(files) {
  problems = [];
  queue = [...queue, ...files];
  pump();
}

/**
 * The files of a drop, those in folders included.
 * @param {DataTransfer} transfer
 */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return named([...transfer.files]);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

/**
 * The files of an input; a folder's have their path, and those that are hidden in it are left out, as in a drop.
 * @param {Iterable<File>} files
 */
export const named = (files) =>
  [...files]
    .filter(({ webkitRelativePath }) => !webkitRelativePath.includes('/.'))
    .map((file) => ({ file, key: file.webkitRelativePath || file.name }));

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Waiting[]>}
 */
async function filesBelow(entry) {
  if (isFile(entry)) {
    /** @type {File} */
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, key: entry.fullPath.replace(/^\//, '') }];
  }
  if (!isFolder(entry)) return [];
  const found = [];
  const reader = entry.createReader();
  // A reader hands out at most a hundred entries at a time.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const each of entries) if (!each.name.startsWith('.')) found.push(...(await filesBelow(each)));
  }
}

function pump() {
  for (const next of queue.splice(0, AT_ONCE - active)) void send(next);
  for (const listener of listeners) listener();
}

/** @param {Waiting} waiting */
async function send({ file, key }) {
  active++;
  await post(`/api/uploads?key=${encodeURIComponent(key)}`, file, file.type).catch((error) => {
    problems = [...problems, { key, reason: error.message }].slice(-MAX_PROBLEMS);
  });
  active--;
  pump();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemFileEntry}
 */
const isFile = (entry) => entry.isFile;

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemDirectoryEntry}
 */
const isFolder = (entry) => entry.isDirectory;
