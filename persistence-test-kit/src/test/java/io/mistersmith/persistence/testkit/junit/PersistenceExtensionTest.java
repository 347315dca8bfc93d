package io.mistersmith.persistence.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PersistenceExtensionTest {

  private static final List<PersistenceConfig> OPENED = new ArrayList<>();
  private static final List<String> CLOSED = new ArrayList<>();

  @RegisterExtension
  static final PersistenceExtension EXTENSION =
      new PersistenceExtension(
          config -> config.runtimeName("under test"), PersistenceExtensionTest::open);

  @AfterAll
  static void everyOneWasClosed() {
    assertThat(OPENED).hasSize(2);
    assertThat(CLOSED).hasSize(2);
    assertThat(OPENED).extracting(PersistenceConfig::clock).doesNotHaveDuplicates();
  }

  @BeforeEach
  void aTestThatDoesNotAskOpensNothing() {
    assertThat(OPENED).hasSameSizeAs(CLOSED);
  }

  @Test
  void theTestGetsOneOfEach(
      Persistence persistence, Persistence same, ManualClock clock, InMemoryStores stores) {
    assertThat(persistence).isSameAs(same);
    assertThat(OPENED.get(OPENED.size() - 1).clock()).isSameAs(clock);
    assertThat(OPENED.get(OPENED.size() - 1).runtimeName()).isEqualTo("under test");
    assertThat(stores.snapshotSql()).isNotNull();
  }

  @Test
  void theNextTestGetsAnother(Persistence persistence, Faults faults) {
    faults.sqlOutage(true);
    assertThat(persistence).isNotNull();
  }

  @Test
  void nothingIsOpenedThatNobodyAskedFor(ManualClock clock) {
    assertThat(clock).isNotNull();
  }

  private static Persistence open(PersistenceConfig config, StoreProvider provider) {
    Stores stores = provider.open(config);
    OPENED.add(config);
    return (Persistence)
        Proxy.newProxyInstance(
            PersistenceExtensionTest.class.getClassLoader(),
            new Class<?>[] {Persistence.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                assertThat(arguments).hasOnlyElementsOfType(Duration.class);
                CLOSED.add(config.runtimeName());
                stores.close();
                return 0L;
              }
              return switch (method.getName()) {
                case "toString" -> "stand-in";
                case "hashCode" -> System.identityHashCode(proxy);
                default -> proxy == arguments[0];
              };
            });
  }
}
