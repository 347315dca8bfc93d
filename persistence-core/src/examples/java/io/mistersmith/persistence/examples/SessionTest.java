package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Logging in, staying in, and logging out. */
class SessionTest {

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  @Test
  void logsInAndOut() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Sessions sessions = persistence.sessions();
      Opened opened =
          sessions.open(
              NewSession.ofUser("ada")
                  .withPermissions(Set.of("tasks.read"))
                  .withTimeToLive(Duration.ofMinutes(30)));
      String token = opened.token(); // for the cookie; it is kept nowhere
      Optional<Session> session = sessions.touch(token); // with each request
      boolean mayRead = session.filter(s -> s.permissions().contains("tasks.read")).isPresent();
      boolean ended = sessions.revoke(opened.session().id()); // log out
      assertThat(mayRead).isTrue();
      assertThat(ended).isTrue();
      assertThat(sessions.find(token)).isEmpty();
    }
  }

  @Test
  void logsOutEverywhere() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Sessions sessions = persistence.sessions();
      Opened phone = sessions.open(NewSession.ofUser("ada").withUserAgent("phone"));
      Opened desk = sessions.open(NewSession.ofUser("ada").withUserAgent("desk"));
      List<Session> open = sessions.find(SessionQuery.ofUser("ada").withLimit(20)); // latest first
      int ended =
          persistence
              .transactions()
              .run(
                  TransactionOptions.of(Boundary.SINGLE_OPERATION, "new password"),
                  tx -> tx.sessions().revokeAll(SessionQuery.ofUser("ada")));
      assertThat(open).containsExactlyInAnyOrder(phone.session(), desk.session());
      assertThat(ended).isEqualTo(2);
      assertThat(sessions.find(desk.token())).isEmpty();
    }
  }
}
