package io.mistersmith.persistence.security;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was removed of an agent, and what remains.
 *
 * @param agent the agent
 * @param begunAt when it was first to be forgotten, by PostgreSQL's clock
 * @param endedAt when all was removed that can be; empty while a runtime has to go on
 * @param removed for each place how many rows or messages were removed or emptied there, by all
 *     runtimes that worked on it; without places where there were none
 * @param keyDestroyed whether the agent had a key of its own, which is destroyed: whatever was
 *     encrypted with it is unreadable, in backups too
 * @param remaining a sentence for each kind of data that may be left, and until when
 */
public record ForgetReport(
    AgentId agent,
    Instant begunAt,
    Optional<Instant> endedAt,
    Map<String, Long> removed,
    boolean keyDestroyed,
    List<String> remaining) {

  /** Copies the collections, in their order. */
  public ForgetReport {
    removed = Collections.unmodifiableMap(new LinkedHashMap<>(removed));
    remaining = List.copyOf(remaining);
  }
}
