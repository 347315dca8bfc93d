package io.mistersmith.persistence.checkpoint;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A copy of an agent's whole state at one point of the journal, without its content.
 *
 * @param id names it
 * @param agent the agent whose state it is
 * @param name the name that its creator gave it; need not be unique
 * @param trigger the reason for it
 * @param parent the checkpoint that it holds the changes since; empty for one that needs no other
 * @param position how far the journal was applied: it holds every write up to this one and none
 *     after it. Empty when nothing was ever applied
 * @param kvRevision the sequence of the agent's latest write that it holds, deletes included
 * @param entries how many entries the agent had
 * @param bytes the size of the keys and values that it stores itself, as JSON text; those of its
 *     parent are not counted in
 * @param deadLetters how many of the agent's keys had an open dead letter: for these it holds the
 *     version before, if there was one
 * @param createdAt when it was made
 */
public record Checkpoint(
    UUID id,
    AgentId agent,
    Optional<String> name,
    Optional<String> trigger,
    Optional<UUID> parent,
    Optional<Revision.OfJournal> position,
    OptionalLong kvRevision,
    int entries,
    long bytes,
    int deadLetters,
    Instant createdAt) {

  /** Whether it holds only changes, and needs its parent to be restored. */
  public boolean isIncremental() {
    return parent.isPresent();
  }
}
