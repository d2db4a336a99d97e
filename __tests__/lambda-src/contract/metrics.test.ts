import { expect, test } from '@jest/globals';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../../lambda-src/contract/metrics.ts';

test('the metrics keep their names and units, because dashboards of users read them', () => {
  expect({ METRIC_NAMESPACE, METRIC_DIMENSION, METRICS }).toEqual({
    METRIC_NAMESPACE: 'ImageProcessing',
    METRIC_DIMENSION: 'service',
    METRICS: {
      ...{ ProcessedImages: 'Count', ProcessingErrors: 'Count', ProcessingTime: 'Milliseconds', EndToEndLatency: 'Milliseconds' },
      ...{ MissingPhotos: 'Count', StuckPhotos: 'Count', OrphanedRenditions: 'Count' },
    },
  });
});
