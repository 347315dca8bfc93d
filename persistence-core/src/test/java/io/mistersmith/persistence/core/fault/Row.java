package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;

/**
 * A row of agents.state whose value is a number.
 *
 * @param revision its fence
 * @param number its value; -1 for a tombstone
 * @param writtenAt when the server stored the write
 */
record Row(Revision revision, long number, Instant writtenAt) {}
