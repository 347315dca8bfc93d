package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A session with what the store knows of it; immutable. */
record SessionRow(
    Session session,
    String tokenHash,
    long version,
    boolean unpublished,
    Optional<Instant> revokedAt) {

  boolean isValid(Instant now) {
    return revokedAt.isEmpty() && session.expiresAt().isAfter(now);
  }

  /** Whether a touch is to be written. */
  boolean isDue(Instant now) {
    return !session.lastActivity().isAfter(now.minus(session.timeToLive().dividedBy(10)));
  }

  /** Whether nothing needs the row any more. */
  boolean hasEnded(Instant now, Duration revokedFor) {
    return !session.expiresAt().isAfter(now)
        || (!unpublished && revokedAt.map(at -> !at.isAfter(now.minus(revokedFor))).orElse(false));
  }

  SessionRow extended(Instant now) {
    return with(session.agent(), session.permissions(), session.preferences(), now, unpublished);
  }

  SessionRow changed(Set<String> permissions, Map<String, String> preferences) {
    return with(session.agent(), permissions, preferences, session.lastActivity(), true);
  }

  SessionRow withoutAgent() {
    return new SessionRow(
        with(
                Optional.empty(),
                session.permissions(),
                session.preferences(),
                session.lastActivity(),
                unpublished)
            .session(),
        tokenHash,
        version,
        unpublished,
        revokedAt);
  }

  /** Without all that tells of its user; its agent is left for the deletion of that. */
  SessionRow emptied() {
    return new SessionRow(
        new Session(
            session.id(),
            session.type(),
            Optional.empty(),
            session.agent(),
            Set.of(),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            session.timeToLive(),
            session.createdAt(),
            session.lastActivity(),
            session.expiresAt()),
        tokenHash,
        version,
        unpublished,
        revokedAt);
  }

  SessionRow revoked(Instant now) {
    return new SessionRow(
        session, tokenHash, version + 1, true, Optional.of(revokedAt.orElse(now)));
  }

  SessionRow published(boolean published) {
    return new SessionRow(session, tokenHash, version, !published, revokedAt);
  }

  private SessionRow with(
      Optional<AgentId> agent,
      Set<String> permissions,
      Map<String, String> preferences,
      Instant lastActivity,
      boolean nowUnpublished) {
    return new SessionRow(
        new Session(
            session.id(),
            session.type(),
            session.user(),
            agent,
            permissions,
            preferences,
            session.address(),
            session.userAgent(),
            session.timeToLive(),
            session.createdAt(),
            lastActivity,
            lastActivity.equals(session.lastActivity())
                ? session.expiresAt()
                : lastActivity.plus(session.timeToLive())),
        tokenHash,
        version + 1,
        nowUnpublished,
        revokedAt);
  }
}
