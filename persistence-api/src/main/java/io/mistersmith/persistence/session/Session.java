package io.mistersmith.persistence.session;

import io.mistersmith.persistence.model.AgentId;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A session that was valid when it was read (a row of {@code sessions.active}). It does not have
 * its token, which nothing keeps. Immutable.
 *
 * @param id names it, for {@link Sessions#revoke} and in logs; it gives no access
 * @param type what it is for
 * @param user the user that it belongs to
 * @param agent the registered agent that it belongs to, or that acts for the user
 * @param permissions what it may do, as the application names it
 * @param preferences settings of its user
 * @param address where it was opened from
 * @param userAgent the program that it was opened by, as that calls itself
 * @param timeToLive how long it lives without a {@link Sessions#touch}
 * @param createdAt when it was opened
 * @param lastActivity when it was opened or last extended
 * @param expiresAt when it ends unless it is extended. All three times are PostgreSQL's, to the
 *     microsecond
 */
public record Session(
    UUID id,
    Session.Type type,
    Optional<String> user,
    Optional<AgentId> agent,
    Set<String> permissions,
    Map<String, String> preferences,
    Optional<InetAddress> address,
    Optional<String> userAgent,
    Duration timeToLive,
    Instant createdAt,
    Instant lastActivity,
    Instant expiresAt) {

  /** Copies permissions and preferences. */
  public Session {
    permissions = Set.copyOf(permissions);
    preferences = Map.copyOf(preferences);
  }

  /** What a session is for. */
  public enum Type {
    /** A person at a program. */
    INTERACTIVE,
    /** A program that calls an interface. */
    API,
    /** The system itself. */
    SYSTEM,
    /** Work that goes on without anybody waiting. */
    BACKGROUND
  }
}
