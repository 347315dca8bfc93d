package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Names the owner of entries: a registered agent, or an owner outside the registry, such as a user,
 * a thread or a conversation of a framework. Compared by value; immutable and thread-safe.
 *
 * <p>The two kinds never meet: {@code external("7f1c…")} is another owner than {@code of(7f1c…)},
 * whatever the name looks like. Entries of an external owner need no registration; what belongs to
 * the registry (lifecycle events, checkpoints, forks) exists for registered agents alone.
 */
public final class AgentId {

  /** The longest name of an external owner, in Unicode code points. */
  public static final int MAX_LENGTH = 255;

  /** How many shards owners are spread over. */
  public static final int SHARDS = 1024;

  /** Begins the text of an external owner; no UUID begins with it. */
  private static final char EXTERNAL = '_';

  private static final int VERSION_OF_EXTERNAL = 8;

  private final String text;

  /** For an external owner computed when first asked for; writing it twice does no harm. */
  private @Nullable UUID uuid;

  private AgentId(String text, @Nullable UUID uuid) {
    this.text = text;
    this.uuid = uuid;
  }

  /**
   * Returns the id of a registered agent.
   *
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for a UUID of
   *     version 8: those stand for external owners in PostgreSQL
   */
  public static AgentId of(UUID agent) {
    if (agent.version() == VERSION_OF_EXTERNAL) {
      throw invalid(
          "is the UUID "
              + agent
              + " of version 8, which PostgreSQL keeps for owners outside the registry; register"
              + " the agent with another version");
    }
    return new AgentId(agent.toString(), agent);
  }

  /** Returns the id of a registered agent with a random UUID. */
  public static AgentId random() {
    return of(UUID.randomUUID());
  }

  /**
   * Returns the id of an owner outside the registry.
   *
   * @param name any text of 1 to {@value #MAX_LENGTH} characters (code points) without NUL and
   *     unpaired surrogates; it may look like a UUID
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for any other text
   */
  public static AgentId external(String name) {
    KeyText.check("agent", name, MAX_LENGTH);
    return new AgentId(EXTERNAL + name, null);
  }

  /**
   * Reads what {@link #toString} returns: a UUID in lower-case letters, or an external owner's name
   * after an underscore.
   *
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for any other text
   */
  public static AgentId parse(String text) {
    if (!text.isEmpty() && text.charAt(0) == EXTERNAL) {
      KeyText.check("agent", text.substring(1), MAX_LENGTH);
      return new AgentId(text, null);
    }
    UUID agent = uuid(text);
    if (agent == null) {
      throw invalid(
          "is neither a UUID in lower-case letters nor an underscore and a name; use"
              + " AgentId.external for an owner outside the registry");
    }
    return of(agent);
  }

  private static @Nullable UUID uuid(String text) {
    if (text.length() != 36) {
      return null;
    }
    for (int i = 0; i < 36; i++) {
      char c = text.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : (c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return null;
      }
    }
    return UUID.fromString(text);
  }

  /** Whether the owner is outside the registry. */
  public boolean isExternal() {
    return text.charAt(0) == EXTERNAL;
  }

  /**
   * Returns this id if it can be a registered agent's.
   *
   * @param what the feature that only registered agents have, as the message's subject:
   *     "checkpoints"
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for an owner
   *     outside the registry
   */
  public AgentId requireRegistered(String what) {
    if (isExternal()) {
      throw invalid(
          "the owner "
              + text
              + " is outside the registry, and "
              + what
              + " exist for registered agents alone; save an agent with agents().save, and use its"
              + " id");
    }
    return this;
  }

  /** Returns the external owner's name, or a registered agent's UUID as text. */
  public String name() {
    return isExternal() ? text.substring(1) : text;
  }

  /**
   * Returns the UUID that PostgreSQL's rows have for the owner: the registered agent's own; for an
   * external owner the first 16 bytes of the SHA-256 of its name in UTF-8, made a UUID of version 8
   * (RFC 9562). The SQL function {@code agents.owner_id(name)} returns the same.
   */
  public UUID uuid() {
    UUID known = uuid;
    if (known == null) {
      known = hashed(name());
      uuid = known;
    }
    return known;
  }

  private static UUID hashed(String name) {
    try {
      ByteBuffer hash =
          ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
      long high = (hash.getLong() & 0xffff_ffff_ffff_0fffL) | 0x8000L;
      long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /**
   * Returns the owner's shard, 0 to 1023, which never changes: the hash of {@link #toString} by
   * {@link String#hashCode}, mixed by MurmurHash3's 32-bit finalizer; its upper 10 bits.
   */
  public int shard() {
    int h = text.hashCode();
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return (h ^ (h >>> 16)) >>> 22;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AgentId that && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** Returns a registered agent's UUID, or an external owner's name after an underscore. */
  @Override
  public String toString() {
    return text;
  }

  private static NonTransientPersistenceException invalid(String reason) {
    return new NonTransientPersistenceException(DataError.INVALID_KEY, "agent id: " + reason);
  }
}
