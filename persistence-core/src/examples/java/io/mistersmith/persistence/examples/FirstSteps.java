package io.mistersmith.persistence.examples;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.*;
import io.mistersmith.persistence.model.*;
import io.mistersmith.persistence.state.*;
import java.time.Duration;

public final class FirstSteps {
  record Cursor(int step, String tool) {}

  public static void main(String[] args) { // nats://host:4222 jdbc:postgresql://host/database user
    PostgresConfig postgres = PostgresConfig.builder(args[1], args[2]).migrateOnOpen().build();
    PersistenceConfig config = PersistenceConfig.builder(NatsConfig.of(args[0]), postgres).build();
    try (Persistence persistence = Persistence.open(config)) {
      Agent agent = persistence.agents().save(Agent.of("researcher", "Ada")).value();
      StateRepository<Cursor> states = persistence.states(Cursor.class);
      StateKey key = StateKey.of(agent.id(), "cursor");
      states.save(key, new Cursor(1, "search")); // put: acknowledged by NATS
      Versioned<Cursor> read = states.find(key).orElseThrow(); // get
      SaveOptions unchanged = SaveOptions.at(read.revision()); // compare-and-set
      Versioned<Cursor> saved = states.save(key, new Cursor(2, "summarise"), unchanged);
      states.awaitDurable(key, saved.revision(), Duration.ofSeconds(5)); // committed by PostgreSQL
      System.out.println(saved.value() + " is durable as revision " + saved.revision());
    } // close: flushes what this process has written
  }
}
