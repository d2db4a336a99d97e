import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../config/settings.ts';
import { stateLocationFrom } from '../../config/state.ts';

describe('the state is', () => {
  test('a local file by default', () => {
    expect(stateLocationFrom({})).toEqual({ kind: 'local' });
    expect(stateLocationFrom({ TF_STATE_BUCKET: '', TF_CLOUD_ORGANIZATION: '' })).toEqual({ kind: 'local' });
  });

  test('in HCP Terraform with an organization', () => {
    expect(stateLocationFrom({ TF_CLOUD_ORGANIZATION: 'acme' })).toEqual({ kind: 'hcp', organization: 'acme' });
  });

  test.each([
    [{}, { region: undefined, prefix: '' }],
    [{ TF_STATE_REGION: 'eu-west-1' }, { region: 'eu-west-1', prefix: '' }],
    [{ TF_STATE_PREFIX: 'platform/images/' }, { region: undefined, prefix: 'platform/images/' }],
    [{ TF_STATE_PREFIX: 'images' }, { region: undefined, prefix: 'images/' }],
  ])('in S3 with a bucket and %j', (more, expected) => {
    expect(stateLocationFrom({ TF_STATE_BUCKET: 'acme-state', ...more })).toEqual({ kind: 's3', bucket: 'acme-state', ...expected });
  });
});

describe('invalid state settings are rejected by name', () => {
  test.each([
    [{ TF_STATE_BUCKET: 'Acme' }, 'TF_STATE_BUCKET must be the name of an S3 bucket (received "Acme")'],
    [{ TF_STATE_BUCKET: 'acme', TF_STATE_REGION: 'Ireland' }, 'TF_STATE_REGION must be an AWS region'],
    [{ TF_STATE_BUCKET: 'acme', TF_STATE_PREFIX: '/images' }, 'TF_STATE_PREFIX must be path segments'],
    [{ TF_STATE_BUCKET: 'acme', TF_CLOUD_ORGANIZATION: 'acme' }, 'TF_CLOUD_ORGANIZATION and TF_STATE_BUCKET are both set'],
    [{ TF_STATE_REGION: 'eu-west-1' }, 'set TF_STATE_BUCKET, too'],
    [{ TF_STATE_PREFIX: 'images/' }, 'set TF_STATE_BUCKET, too'],
  ])('%j', (environment, message) => {
    expect(() => stateLocationFrom(environment)).toThrow(SettingsError);
    expect(() => stateLocationFrom(environment)).toThrow(message);
  });
});
