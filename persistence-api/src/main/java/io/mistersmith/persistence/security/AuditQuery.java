package io.mistersmith.persistence.security;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * Selects changes for {@link AuditLog#find}: those that meet every condition. Immutable: each
 * method that adds a condition returns a copy.
 *
 * @param subject the agent or the task that the changed row is about, by its id in the row's key
 * @param path the key of an entry of the subject's, as {@code state_key} has it
 * @param actor the actor that the application named
 * @param correlationId the request that the application named
 * @param since the earliest time, included
 * @param until the latest time, excluded
 * @param after the change that the page comes after; empty for the first page
 * @param limit how many changes a page has at most, 1 to {@value #MAX_LIMIT}
 */
public record AuditQuery(
    Optional<UUID> subject,
    Optional<String> path,
    Optional<String> actor,
    Optional<String> correlationId,
    Optional<Instant> since,
    Optional<Instant> until,
    Optional<AuditChange> after,
    int limit) {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  private static final AuditQuery ALL =
      new AuditQuery(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          100);

  /** Checks the limit, and cuts times to the microsecond. */
  public AuditQuery {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + limit + " changes: ask for 1 to " + MAX_LIMIT);
    }
    since = since.map(time -> time.truncatedTo(ChronoUnit.MICROS));
    until = until.map(time -> time.truncatedTo(ChronoUnit.MICROS));
  }

  /** Returns a query of all changes, in pages of 100. */
  public static AuditQuery all() {
    return ALL;
  }

  /** Returns a query of the changes of an agent's row and of its entries. */
  public static AuditQuery ofAgent(AgentId agent) {
    return ALL.with(Optional.of(agent.uuid()), Optional.empty());
  }

  /** Returns a query of the changes of one entry. */
  public static AuditQuery ofEntry(StateKey key) {
    return ALL.with(Optional.of(key.agent().uuid()), Optional.of(key.path()));
  }

  /** Returns a query of the changes of a task. */
  public static AuditQuery ofTask(UUID task) {
    return ALL.with(Optional.of(task), Optional.empty());
  }

  private AuditQuery with(Optional<UUID> newSubject, Optional<String> newPath) {
    return new AuditQuery(newSubject, newPath, actor, correlationId, since, until, after, limit);
  }

  /** Returns a copy that selects changes by this actor alone. */
  public AuditQuery by(String newActor) {
    return new AuditQuery(
        subject, path, Optional.of(newActor), correlationId, since, until, after, limit);
  }

  /** Returns a copy that selects changes of this request alone. */
  public AuditQuery inRequest(String id) {
    return new AuditQuery(subject, path, actor, Optional.of(id), since, until, after, limit);
  }

  /** Returns a copy that selects changes at this time or later alone. */
  public AuditQuery since(Instant time) {
    return new AuditQuery(
        subject, path, actor, correlationId, Optional.of(time), until, after, limit);
  }

  /** Returns a copy that selects changes before this time alone. */
  public AuditQuery until(Instant time) {
    return new AuditQuery(
        subject, path, actor, correlationId, since, Optional.of(time), after, limit);
  }

  /** Returns a copy for the page that comes after a change: the last one of the page before. */
  public AuditQuery after(AuditChange last) {
    return new AuditQuery(
        subject, path, actor, correlationId, since, until, Optional.of(last), limit);
  }

  /** Returns a copy with pages of at most this many changes. */
  public AuditQuery withLimit(int most) {
    return new AuditQuery(subject, path, actor, correlationId, since, until, after, most);
  }
}
