package io.mistersmith.persistence.routing;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides where data of each type are kept: the policy of their writes, their bucket and their
 * table. Immutable and thread-safe.
 */
public final class DataRouter {

  private static final DataRouter STANDARD = new DataRouter(Map.of());

  private final Map<DataType, WritePolicy> overrides;

  private DataRouter(Map<DataType, WritePolicy> overrides) {
    this.overrides = overrides;
  }

  /** Returns the router with the default policy of each type. */
  public static DataRouter standard() {
    return STANDARD;
  }

  /** Returns the policies that a type of data can have, the default first. */
  public static List<WritePolicy> possible(DataType type) {
    return switch (type) {
      case AGENT_STATE -> List.of(WritePolicy.WRITE_BEHIND, WritePolicy.WRITE_THROUGH);
      case SESSION_DATA, QUERY_CACHE -> List.of(WritePolicy.KV_ONLY);
      case AGENT_CONFIG -> List.of(WritePolicy.SQL_FIRST);
      case TASK_INFO, MESSAGE_LOG, KNOWLEDGE_BASE -> List.of(WritePolicy.SQL_ONLY);
    };
  }

  /**
   * Returns a router like this one, but with another policy for one type.
   *
   * @throws IllegalArgumentException when the type cannot have the policy; the message names those
   *     that it can have
   */
  public DataRouter withPolicy(DataType type, WritePolicy policy) {
    List<WritePolicy> possible = possible(type);
    if (!possible.contains(policy)) {
      throw new IllegalArgumentException(
          type
              + " cannot be "
              + policy
              + "; "
              + (possible.size() == 1
                  ? "it is always " + possible.get(0)
                  : "give one of " + possible));
    }
    Map<DataType, WritePolicy> copy = new EnumMap<>(DataType.class);
    copy.putAll(overrides);
    copy.put(type, policy);
    return new DataRouter(copy);
  }

  /** Returns the policy of the type's writes. */
  public WritePolicy policy(DataType type) {
    return overrides.getOrDefault(type, possible(type).get(0));
  }

  /**
   * Returns the bucket that the type's entries are in, by its name without prefix; empty where they
   * are in PostgreSQL alone.
   */
  public Optional<String> bucket(DataType type) {
    return policy(type).isInKv() ? Optional.of(type.name()) : Optional.empty();
  }

  /**
   * Returns the table that the type's rows are in, with its schema; empty where entries are in KV
   * alone.
   */
  public Optional<String> table(DataType type) {
    return policy(type).isInSql() ? Optional.of(tableOf(type)) : Optional.empty();
  }

  private static String tableOf(DataType type) {
    return switch (type) {
      case AGENT_STATE -> "agents.state";
      case AGENT_CONFIG -> "agents.registry";
      case TASK_INFO -> "tasks.queue";
      case MESSAGE_LOG -> "messages.log";
      case KNOWLEDGE_BASE -> "knowledge.facts";
      case SESSION_DATA, QUERY_CACHE ->
          throw new IllegalStateException(type + " has no table"); // KV_ONLY, always
    };
  }

  /** Returns the layer that is written first for this type. */
  public StorageLayer selectStorage(DataType type) {
    return type.primaryLayer();
  }
}
