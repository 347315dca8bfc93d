package io.mistersmith.persistence.config;

import java.util.StringJoiner;

/** How a configuration prints: its name and all settings. */
final class Printed {

  private final StringJoiner text;

  private Printed(String name) {
    this.text = new StringJoiner(", ", name + "[", "]");
  }

  static Printed of(String name) {
    return new Printed(name);
  }

  /** Returns a role with all settings; where it connects to is printed by itself. */
  static String of(RoleConfig role) {
    return of("Role")
        .with("access", role)
        .with("pooler", role.pooler())
        .with("connectTimeout", role.connectTimeout())
        .with("connections", role.minConnections() + " to " + role.maxConnections())
        .with("automaticSize", role.automaticSize().map(String::valueOf).orElse("off"))
        .with("acquireTimeout", role.acquireTimeout())
        .with("idleTimeout", role.idleTimeout())
        .with("maxLifetime", role.maxLifetime())
        .with("statementTimeout", role.statementTimeout())
        .with("lockTimeout", role.lockTimeout())
        .with("idleInTransactionTimeout", role.idleInTransactionTimeout())
        .with("applicationName", role.applicationName().orElse("runtime and role"))
        .with("settings", role.settings())
        .with("statementCache", role.statementCache())
        .with("slowStatement", role.slowStatement())
        .with("leakDetection", role.leakDetection())
        .toString();
  }

  /** Returns all settings but secrets, clock, router and listener. */
  static String of(PersistenceConfig config) {
    Printed text =
        of("PersistenceConfig")
            .with("nats", config.nats())
            .with("postgres", config.postgres())
            .with("flush", config.flush());
    for (Bucket bucket : Bucket.values()) {
      text = text.with(bucket.name(), config.bucket(bucket));
    }
    return text.with("bucketChanges", config.bucketChanges())
        .with("unknownEntries", config.unknownEntries())
        .with("consistency", config.consistency())
        .with("backpressure", config.backpressure())
        .with("changeFeed", config.changeFeed())
        .with("encryption", config.encryption().map(String::valueOf).orElse("off"))
        .with("cache", config.cache())
        .with("knownRevisions", config.knownRevisions())
        .with("waitForServers", config.waitForServers())
        .with("trackedAgents", config.trackedAgents())
        .with("maxLargeValueBytes", config.maxLargeValueBytes())
        .with("runtimeName", config.runtimeName())
        .toString();
  }

  Printed with(String setting, Object value) {
    text.add(setting + "=" + value);
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
