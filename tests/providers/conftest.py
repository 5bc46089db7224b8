from providers_bench import bench

__all__ = ["bench"]
