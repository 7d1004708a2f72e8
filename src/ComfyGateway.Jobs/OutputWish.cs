using FluentValidation;

namespace ComfyGateway.Jobs;

/// <summary>In what form a job's images are to be kept; only that form is.</summary>
/// <param name="Format">One of <see cref="Formats"/>, or <c>jpeg</c>.</param>
/// <param name="Quality">1 … 100.</param>
/// <param name="Width">Of the box that images are fitted into; they are never enlarged.</param>
/// <param name="Height">Of the box.</param>
public sealed record OutputWish(string Format, int? Quality = null, int? Width = null, int? Height = null)
{
    public const int MaxSide = 16_384;

    /// <summary>What images can be converted to.</summary>
    public static readonly IReadOnlyList<string> Formats = ["png", "jpg", "webp", "avif"];

    public static readonly string FormatsInWords = $"{string.Join(", ", Formats.SkipLast(1))} or {Formats[^1]}";

    public static bool Knows(string? format) => format == "jpeg" || Formats.Contains(format);
}

internal sealed class OutputWishRules : AbstractValidator<OutputWish>
{
    public OutputWishRules()
    {
        RuleFor(w => w.Format).Must(OutputWish.Knows).WithMessage($"must be {OutputWish.FormatsInWords}");
        RuleFor(w => w.Quality).InclusiveBetween(1, 100).WithMessage("must be from 1 to 100");
        RuleFor(w => w.Width).InclusiveBetween(1, OutputWish.MaxSide).WithMessage($"must be from 1 to {OutputWish.MaxSide}");
        RuleFor(w => w.Height).InclusiveBetween(1, OutputWish.MaxSide).WithMessage($"must be from 1 to {OutputWish.MaxSide}");
    }
}
