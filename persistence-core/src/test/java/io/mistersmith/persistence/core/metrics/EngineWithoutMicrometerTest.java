package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** The engine runs where Micrometer is not on the class path. */
class EngineWithoutMicrometerTest {

  @Test
  void theEngineNeedsNoMicrometer() throws Exception {
    URL[] rest =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("micrometer"))
            .map(EngineWithoutMicrometerTest::url)
            .toArray(URL[]::new);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader without = new URLClassLoader(rest, ClassLoader.getPlatformClassLoader())) {
      thread.setContextClassLoader(without);
      assertThat(without.getResource("io/micrometer/core/instrument/MeterRegistry.class")).isNull();
      Object run =
          without.loadClass(OpenedAndClosed.class.getName()).getDeclaredConstructor().newInstance();
      assertThat(((Callable<?>) run).call()).isEqualTo("1");
    } catch (InvocationTargetException e) {
      throw new AssertionError(e.getCause());
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static URL url(String entry) {
    try {
      return new File(entry).toURI().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs without Micrometer on the class path. */
  public static final class OpenedAndClosed implements Callable<String> {

    /** Called reflectively. */
    public OpenedAndClosed() {}

    @Override
    public String call() {
      Agent agent = Agent.of("test", "tester");
      try (Persistence persistence =
          Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores())) {
        persistence.agents().save(agent);
        StateKey key = StateKey.of(agent.id(), "k");
        StateRepository<Object> states = persistence.states(Object.class);
        states.save(key, 1);
        states.flush(key, Duration.ofSeconds(10));
        return persistence.operations().consistency().stats().kvEntries() + "";
      }
    }
  }
}
