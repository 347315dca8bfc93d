package io.mistersmith.persistence.testkit.junit;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test the real engine over in-memory stores, with a clock that the test moves. The test
 * names what it wants as parameters of the test or of a {@code @BeforeEach} method: {@link
 * Persistence}, {@link InMemoryStores}, {@link ManualClock}, {@link Faults}. They are new for each
 * test; afterwards the engine is closed, and the test fails when threads of the library are left.
 *
 * <pre>{@code
 * @ExtendWith(PersistenceExtension.class)
 * class BookingAgentTest {
 *   @Test
 *   void remembersTheCart(Persistence persistence, ManualClock clock) { … }
 * }
 * }</pre>
 *
 * <p>Runs on JUnit 5.12 and later, and on JUnit 6.
 *
 * <p>For another configuration register it as a field: {@code @RegisterExtension static
 * PersistenceExtension extension = new PersistenceExtension(config -> config.runtimeName("a"))}.
 * The engine, {@code persistence-core}, must be on the class path.
 */
@SuppressWarnings("exports") // whoever uses it requires JUnit
public final class PersistenceExtension
    implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(PersistenceExtension.class);
  private static final Set<Class<?>> TYPES =
      Set.of(Persistence.class, InMemoryStores.class, ManualClock.class, Faults.class);

  private final UnaryOperator<PersistenceConfig.Builder> settings;
  private final BiFunction<PersistenceConfig, StoreProvider, Persistence> engine;

  /** With the default configuration. */
  public PersistenceExtension() {
    this(UnaryOperator.identity());
  }

  /**
   * With what {@code settings} makes of the default configuration, whose clock is the manual one.
   */
  public PersistenceExtension(UnaryOperator<PersistenceConfig.Builder> settings) {
    this(settings, Persistence::open);
  }

  PersistenceExtension(
      UnaryOperator<PersistenceConfig.Builder> settings,
      BiFunction<PersistenceConfig, StoreProvider, Persistence> engine) {
    this.settings = settings;
    this.engine = engine;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    workbench(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    workbench(context).close();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return context.getTestMethod().isPresent()
        && TYPES.contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return workbench(context).give(parameter.getParameter().getType());
  }

  private Workbench workbench(ExtensionContext context) {
    // Not computeIfAbsent, which JUnit 5 does not have, nor its predecessor, which 6 deprecates.
    ExtensionContext.Store store = context.getStore(NAMESPACE);
    Workbench known = store.get(context.getUniqueId(), Workbench.class);
    if (known != null) {
      return known;
    }
    Workbench created = new Workbench(settings, engine);
    store.put(context.getUniqueId(), created);
    return created;
  }
}
