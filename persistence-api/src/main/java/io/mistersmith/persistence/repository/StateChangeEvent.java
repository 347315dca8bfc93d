package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.Optional;

/**
 * A change that a watch saw.
 *
 * @param key the entry that changed
 * @param revision the revision of the change
 * @param value what the entry is now, empty when it was deleted
 * @param <T> the type of the entry
 */
public record StateChangeEvent<T>(StateKey key, Revision revision, Optional<Versioned<T>> value) {}
