package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Clock;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server answers, and the promotion of another one is seen before its answer is passed on. */
@Tag("contract")
class DemotedAnswersIT {

  private static final SqlOptions OPTIONS = SqlOptions.of("write a row");

  /** The ways to ask. */
  enum Call {
    READ {
      @Override
      void ask(Database database, Function<Handle, Integer> work) {
        int unused = database.read("read a row", work);
      }
    },
    SNAPSHOT {
      @Override
      void ask(Database database, Function<Handle, Integer> work) {
        int unused = database.snapshot("read a row", work);
      }
    },
    WRITE {
      @Override
      void ask(Database database, Function<Handle, Integer> work) {
        int unused = database.write("write a row", work);
      }
    },
    TRANSACTION {
      @Override
      void ask(Database database, Function<Handle, Integer> work) {
        int unused = database.transaction(OPTIONS, work);
      }
    },
    UNIT {
      @Override
      void ask(Database database, Function<Handle, Integer> work) {
        int unused = database.unit(OPTIONS, work);
      }
    };

    abstract void ask(Database database, Function<Handle, Integer> work);

    boolean changes() {
      return this != READ && this != SNAPSHOT;
    }
  }

  private final PostgresDatabase server = PostgresDatabase.create();

  @ParameterizedTest
  @EnumSource
  void countForNothing(Call call) {
    server.execute("CREATE TABLE public.written (id INTEGER)");
    try (PostgresStore store = PostgresDatabase.open(server.config())) {
      PoolSet pools = (PoolSet) store.pools();
      ConnectionPool pool = pools.of(PRIMARY);
      Availability availability =
          new Availability(pool, Clock.systemUTC(), new Services(event -> {}));
      Database database = new Database(pools, pool, availability, () -> {});
      Function<Handle, Integer> work =
          handle ->
              call.changes()
                  ? handle.execute("INSERT INTO public.written VALUES (1)")
                  : handle.createQuery("SELECT 1").mapTo(Integer.class).one();

      call.ask(database, work);
      assertThatThrownBy(() -> call.ask(demotedAfterIt(database, pools.primaries()), work))
          .isInstanceOf(TransientPersistenceException.class)
          .hasMessageContaining(PostgresFailures.DEMOTED);

      assertThat(server.query("SELECT id FROM public.written")).hasSize(call.changes() ? 2 : 0);
    }
  }

  /** Another runtime tells of a promotion once the server has done what it was asked. */
  private static Database demotedAfterIt(Database database, PrimaryMonitor primaries) {
    ServerIdentity present = primaries.identity().orElseThrow();
    ServerIdentity promoted =
        ServerIdentity.parse(present.system() + "/" + (present.timeline() + 1)).orElseThrow();
    return database.around(
        new Database.Around() {
          @Override
          public <T> T run(Handle handle, Function<Handle, T> work) {
            T result = work.apply(handle);
            primaries.heardOf(promoted);
            return result;
          }
        });
  }
}
