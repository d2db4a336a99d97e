import { S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { deleteMarkerOf, httpStatusOf, unquoted } from '../../../lambda-src/adapters/s3-answers.ts';
import { unreadable } from '../../../lambda-src/adapters/unreadable-original.ts';

describe('a refusal that S3 did not send, such as a connection that was cut,', () => {
  const named = (name: string) => Object.assign(new Error('cut'), { name });

  test('has no status', () => {
    expect(httpStatusOf(new Error('cut'))).toBeUndefined();
    expect(httpStatusOf(new S3ServiceException({ name: 'x', $fault: 'client', $metadata: { httpStatusCode: 404 } }))).toBe(404);
  });

  test('reports no delete marker', () => {
    expect(deleteMarkerOf(new Error('cut'))).toBeUndefined();
    expect(deleteMarkerOf(new S3ServiceException({ name: 'x', $fault: 'client', $metadata: {} }))).toBeUndefined();
  });

  test('says nothing about the object, whatever its name', () => {
    expect(unreadable(named('InvalidObjectState'))).toBeUndefined();
    expect(unreadable(undefined)).toBeUndefined();
  });
});

test.each([
  ['"e1"', 'e1'],
  ['e1', 'e1'],
  [undefined, ''],
])('the ETag %j is %j without quotes', (etag, bare) => {
  expect(unquoted(etag)).toBe(bare);
});
