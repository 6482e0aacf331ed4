// Secrets of a source that sign nothing: with them Holdfast calls the API of the source's provider.

/** The labels that mark them, by provider. */
const LABELS: Readonly<Record<string, string>> = { stripe: 'stripe-api-key', github: 'github-token' };

export const apiKeyLabels: readonly string[] = Object.values(LABELS);
export const isApiKeyLabel = (label: string): boolean => apiKeyLabels.includes(label);

/** The label of the key for this provider's API; null: Holdfast does not speak its API. */
export const apiKeyLabelFor = (provider: string): string | null => LABELS[provider] ?? null;
