package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.Provenance;
import java.time.Instant;
import java.util.Optional;

/**
 * What stands at a key, as the leader knows it: a live entry, or what is left of a deleted or
 * expired one.
 *
 * @param live the entry, if it lives
 * @param revision of the entry or of what is left of it
 * @param writtenAt when that was written
 * @param provenance where it comes from, if that is known
 * @param place the physical sequence to write after
 */
public record Standing(
    Optional<Entry> live,
    Revision revision,
    Instant writtenAt,
    Optional<Provenance> provenance,
    long place) {}
