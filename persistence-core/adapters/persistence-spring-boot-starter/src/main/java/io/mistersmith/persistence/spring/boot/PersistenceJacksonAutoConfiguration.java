package io.mistersmith.persistence.spring.boot;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Import;

/** Offers codecs of the application's Jackson mapper: of Jackson 3 first, which is newer. */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
      "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
      "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
    })
@Import({JacksonConfigurations.OfJackson3.class, JacksonConfigurations.OfJackson2.class})
class PersistenceJacksonAutoConfiguration {}
