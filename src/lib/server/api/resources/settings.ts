// /api/v1/settings

import { readAlertSettings, writeAlertDestination } from '#lib/server/problems/alert-settings.ts';
import { operation, takesNothing } from '../operation.ts';
import { notFound, ok } from '../reply.ts';
import { alertSettingsChange, alertSettingsOut } from '../schemas/problem.ts';

const tag = 'settings';

export const readAlerts = operation({
  ...{ ...takesNothing, method: 'GET', path: '/settings/alerts', tag, permission: 'manage' },
  summary: 'Read where alerts go',
  replies: { 200: { description: 'Where alerts go, and how they fare', schema: alertSettingsOut } },
  handle: async ({ parts }) => ok(await readAlertSettings(parts.database))
});

export const updateAlerts = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/settings/alerts', tag, permission: 'manage' },
  summary: 'Choose where alerts go',
  description:
    'Each problem is sent there at most once an hour, as JSON that Slack takes, and once more when it is over.',
  body: alertSettingsChange,
  replies: { 200: { description: 'Where alerts go now', schema: alertSettingsOut } },
  async handle({ parts, body: { destination }, audit }) {
    const isSaved = await writeAlertDestination(parts.database, destination);
    if (!isSaved) return notFound(`HTTP destination ${destination}`);
    await audit({ action: 'settings.updated', subject: 'settings alerts', detail: { destination } });
    return ok(await readAlertSettings(parts.database));
  }
});
