import { expect, test } from '@jest/globals';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS, RECONCILIATION_METRICS } from '../../../lambda-src/contract/metrics.ts';

test('the metrics keep their names and units, because dashboards of users read them', () => {
  expect(RECONCILIATION_METRICS).toEqual(['MissingPhotos', 'StuckPhotos', 'OrphanedRenditions']);
  expect({ METRIC_NAMESPACE, METRIC_DIMENSION, METRICS }).toEqual({
    METRIC_NAMESPACE: 'ImageProcessing',
    METRIC_DIMENSION: 'service',
    METRICS: {
      ...{ ProcessedImages: 'Count', ProcessingErrors: 'Count', ProcessingTime: 'Milliseconds', EndToEndLatency: 'Milliseconds' },
      ...{ MissingPhotos: 'Count', StuckPhotos: 'Count', OrphanedRenditions: 'Count' },
    },
  });
});
