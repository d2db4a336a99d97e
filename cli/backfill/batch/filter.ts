import type { JobManifestGeneratorFilter } from '@aws-sdk/client-s3-control';
import { InvalidArgumentError } from 'commander';
import type { ListedObject } from '../../../lambda-src/adapters/photo-listing.ts';
import type { HandlerSettings } from '../../../lambda-src/contract/environment.ts';
import { suffixSpellings } from '../../../lambda-src/contract/object-key.ts';
import { narrower } from '../../photos/photo-stores.ts';

/** Which photos a job processes; everything given must hold. */
export interface PhotoFilter {
  readonly prefix: string;
  /** Lower-case endings of keys. Default: those of the trigger. */
  readonly suffix?: readonly string[];
  /** Bytes, inclusive. */
  readonly minBytes?: number;
  /** Bytes, inclusive. */
  readonly maxBytes?: number;
  readonly uploadedAfter?: Date;
  readonly uploadedBefore?: Date;
}

/** Whether a photo passes the filter. The listing already applies the prefix. */
export function passes({ suffix, minBytes, maxBytes, uploadedAfter, uploadedBefore }: PhotoFilter, photo: ListedObject): boolean {
  const key = photo.key.toLowerCase();
  return (
    (suffix === undefined || suffix.some((ending) => key.endsWith(ending))) &&
    photo.size >= (minBytes ?? 0) &&
    photo.size <= (maxBytes ?? Number.POSITIVE_INFINITY) &&
    photo.lastModified > (uploadedAfter ?? new Date(0)) &&
    photo.lastModified < (uploadedBefore ?? new Date(8.64e15))
  );
}

/**
 * Returns the filter for a list that S3 generates, within the part of the bucket that the trigger covers
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobManifestGeneratorFilter.html).
 * @throws {OperatorError} when the trigger covers nothing with this prefix
 */
export function generatorFilter(filter: PhotoFilter, settings: HandlerSettings): JobManifestGeneratorFilter {
  const { suffix = settings.triggerSuffixes, minBytes, maxBytes, uploadedAfter, uploadedBefore } = filter;
  const prefix = narrower(filter.prefix, settings);
  const names = {
    ...(prefix !== '' && { MatchAnyPrefix: [prefix] }),
    ...(suffix.length > 0 && { MatchAnySuffix: suffix.flatMap(suffixSpellings) }),
  };
  return {
    ...(Object.keys(names).length > 0 && { KeyNameConstraint: names }),
    // S3 excludes both bounds.
    ...(minBytes !== undefined && minBytes > 0 && { ObjectSizeGreaterThanBytes: minBytes - 1 }),
    ...(maxBytes !== undefined && { ObjectSizeLessThanBytes: maxBytes + 1 }),
    ...(uploadedAfter && { CreatedAfter: uploadedAfter }),
    ...(uploadedBefore && { CreatedBefore: uploadedBefore }),
  };
}

/** Returns the filter that `generatorFilter` turned into this one. Endings that S3 compares literally pass in any letter case. */
export function photoFilter(filter: JobManifestGeneratorFilter): PhotoFilter {
  const { KeyNameConstraint: names, ObjectSizeGreaterThanBytes, ObjectSizeLessThanBytes, CreatedAfter, CreatedBefore } = filter;
  return {
    prefix: names?.MatchAnyPrefix?.[0] ?? '',
    ...(names?.MatchAnySuffix && { suffix: names.MatchAnySuffix.map((ending) => ending.toLowerCase()) }),
    ...(ObjectSizeGreaterThanBytes !== undefined && { minBytes: ObjectSizeGreaterThanBytes + 1 }),
    ...(ObjectSizeLessThanBytes !== undefined && { maxBytes: ObjectSizeLessThanBytes - 1 }),
    ...(CreatedAfter && { uploadedAfter: CreatedAfter }),
    ...(CreatedBefore && { uploadedBefore: CreatedBefore }),
  };
}

/**
 * Parses the value of `--suffix`, which can be given several times.
 * @throws {InvalidArgumentError} for anything but a file extension
 */
export function fileExtension(text: string, earlier: readonly string[] = []): string[] {
  if (!/^\.[a-z0-9]{1,8}$/i.test(text)) throw new InvalidArgumentError(`"${text}" is not a file extension, such as .jpg.`);
  return [...earlier, text.toLowerCase()];
}

/**
 * Parses the value of an option as a date or a time in UTC.
 * @throws {InvalidArgumentError} for anything else
 */
export function dateOrTime(text: string): Date {
  const [, day, hour = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)Z?)?$/.exec(text) ?? [];
  const time = new Date(`${day}T${hour}Z`);
  if (Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError(`"${text}" is not a date or a time in UTC, such as 2026-01-31 or 2026-01-31T12:00.`);
  }
  return time;
}
