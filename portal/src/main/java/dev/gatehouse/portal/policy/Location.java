package dev.gatehouse.portal.policy;

import java.util.Optional;

/// Where a peer connects from, as far as a proxy told: an ISO country code and coordinates.
public record Location(Optional<String> region, Optional<Coordinates> coordinates) {
    public static final Location UNKNOWN = new Location(Optional.empty(), Optional.empty());
    private static final double EARTH_RADIUS_KM = 6371;

    /// Degrees.
    public record Coordinates(double latitude, double longitude) {
        /// The haversine distance in km.
        double distanceTo(Coordinates other) {
            double byLatitude = Math.toRadians(other.latitude - latitude) / 2;
            double byLongitude = Math.toRadians(other.longitude - longitude) / 2;
            double a =
                    Math.pow(Math.sin(byLatitude), 2)
                            + Math.cos(Math.toRadians(latitude))
                                    * Math.cos(Math.toRadians(other.latitude))
                                    * Math.pow(Math.sin(byLongitude), 2);
            return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, a)));
        }
    }

    /// The distance in km, infinite while either place is unknown.
    public double distanceTo(Location other) {
        if (coordinates.isEmpty() || other.coordinates.isEmpty()) {
            return Double.POSITIVE_INFINITY;
        }
        return coordinates.get().distanceTo(other.coordinates.get());
    }
}
