package io.mistersmith.persistence.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.BreakerChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A durable store whose primary is replaced while its breaker is open. */
class GuardedSqlTest {

  private static final SqlOptions OPTIONS = SqlOptions.of("count");

  private final Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build());
  private final List<Consumer<PrimaryChange>> listeners = new ArrayList<>();
  private final List<PrimaryChange> heard = new ArrayList<>();
  private boolean down;
  private final Guard guard =
      new Guard(
          PersistenceListener.of(BreakerChanged.class, change -> {}),
          new ManualTicker(),
          Clock.systemUTC());
  private final GuardedSql sql = GuardedSql.of(replaceable(), guard, Duration.ofSeconds(1), true);

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void aPromotionEndsTheWaitOfAnOpenBreaker() {
    down = true;
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(this::call).hasMessageContaining("no primary");
    }
    down = false;
    assertThat(state()).isEqualTo(State.OPEN);
    assertThatThrownBy(this::call).hasMessageContaining("was not asked");

    promote();

    for (int i = 0; i < 3; i++) {
      assertThat(call()).isOne();
    }
    assertThat(state()).isEqualTo(State.CLOSED);
  }

  @Test
  void bodiesThatGoOnKeepNobodyOutOfAStoreThatIsBack() {
    down = true;
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(this::call).hasMessageContaining("no primary");
    }
    down = false;
    promote();

    int answers =
        sql.inTransaction(
            OPTIONS,
            one ->
                sql.read(
                    OPTIONS.withIsolation(Isolation.REPEATABLE_READ),
                    two ->
                        sql.inTransaction(
                            OPTIONS,
                            three -> call() + sql.agents().find(AgentQuery.active()).size())));

    assertThat(answers).isOne();
    assertThat(state()).isEqualTo(State.CLOSED);
  }

  @Test
  void whatAReplicaMayAnswerIsAskedWhileThePrimaryIsNot() {
    down = true;
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(this::call).hasMessageContaining("no primary");
    }
    assertThat(state()).isEqualTo(State.OPEN);

    assertThat(sql.oldReads().agents(AgentQuery.all())).isEmpty();

    assertThat(state()).as("it says nothing of the primary").isEqualTo(State.OPEN);
  }

  @Test
  void readsThatHaveAskedNothingYetCloseNoBreaker() {
    down = true;
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(this::call).hasMessageContaining("no primary");
    }
    promote();
    State state =
        sql.read(OPTIONS, one -> sql.read(OPTIONS, two -> sql.read(OPTIONS, t -> state())));
    assertThat(state).isEqualTo(State.HALF_OPEN);
  }

  @Test
  void tellsOfAPromotion() {
    sql.onPrimaryChange(heard::add);
    promote();
    assertThat(heard).extracting(PrimaryChange::timeline).containsExactly(2);
  }

  private void promote() {
    listeners.forEach(listener -> listener.accept(new PrimaryChange("db-2:5432", "7", 1, 2)));
  }

  private int call() {
    return sql.inTransaction(OPTIONS, unit -> 1);
  }

  private State state() {
    return guard.breakers().stream()
        .filter(breaker -> breaker.role().equals("PRIMARY"))
        .map(Breaker::state)
        .findFirst()
        .orElseThrow();
  }

  /** The store, which runs no transaction while it is down, and can be told of a promotion. */
  private SqlStore replaceable() {
    return (SqlStore)
        Proxy.newProxyInstance(
            GuardedSqlTest.class.getClassLoader(),
            new Class<?>[] {SqlStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("onPrimaryChange")) {
                @SuppressWarnings("unchecked")
                Consumer<PrimaryChange> listener = (Consumer<PrimaryChange>) arguments[0];
                listeners.add(listener);
                return null;
              }
              if (method.getName().equals("inTransaction") && down) {
                throw new TransientPersistenceException(
                    DataError.CONNECTION_FAILED, "there is no primary");
              }
              try {
                return method.invoke(stores.sql(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
