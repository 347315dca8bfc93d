package io.mistersmith.persistence.spring.boot.sample;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application with scanned components. */
@SpringBootApplication
public class SampleApplication {}
