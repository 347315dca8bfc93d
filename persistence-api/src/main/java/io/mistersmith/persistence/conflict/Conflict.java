package io.mistersmith.persistence.conflict;

import io.mistersmith.persistence.model.StateKey;

/**
 * Two versions of one entry.
 *
 * @param key the entry's key
 * @param current what is stored
 * @param incoming what is to be saved
 * @param <T> the type of the values
 */
public record Conflict<T>(StateKey key, Candidate<T> current, Candidate<T> incoming) {}
