package io.mistersmith.example;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;

/** Runs the work on servers: their addresses, a name, and the user and password of PostgreSQL. */
public final class Main {
  public static void main(String[] args) throws Exception {
    PostgresConfig.Builder postgres = PostgresConfig.builder(args[2], args[3]).migrateOnOpen();
    if (args.length > 4) {
      postgres.password(args[4]);
    }
    NatsConfig nats = NatsConfig.builder(args[0].split(",")).namePrefix(args[1]).build();
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.builder(nats, postgres.build()).build())) {
      Work.run(persistence);
    }
  }
}
