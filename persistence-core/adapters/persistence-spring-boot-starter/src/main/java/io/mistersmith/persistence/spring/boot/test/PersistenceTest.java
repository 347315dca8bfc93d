package io.mistersmith.persistence.spring.boot.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Starts a context with this library alone, on the real engine over in-memory stores, without
 * servers. Scanned components are left out: name the ones under test with {@code @Import}.
 *
 * <p>Beside the {@link io.mistersmith.persistence.Persistence} there are beans of the types {@link
 * io.mistersmith.persistence.testkit.memory.InMemoryStores}, for outages and the like, and {@link
 * io.mistersmith.persistence.testkit.time.ManualClock}, the clock of engine and stores. Spring
 * keeps the context for all test classes of the same configuration, and with it the stored data:
 * let each test use owners of its own, or add {@code @DirtiesContext}.
 *
 * <p>Needs {@code persistence-test-kit} and {@code spring-boot-starter-test} on the class path.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(PersistenceTestBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@ImportAutoConfiguration
public @interface PersistenceTest {

  /** Returns properties of the context, as {@code key=value}. */
  String[] properties() default {};
}
